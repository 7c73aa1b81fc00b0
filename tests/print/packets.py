#!/usr/bin/python3
"""packets.py FILE: a capture of about 860 packets made by scapy, of every protocol that --print knows, right and
wrong: types, codes, options, lengths, and cut at many places."""

import struct
import sys

from scapy.all import *  # noqa: F401,F403

X8 = b"x" * 8
E=Ether(src="02:00:00:00:00:01",dst="02:00:00:00:00:02")
A="10.0.0.1";B="10.0.0.2"
def ip(**k): return IP(src=A,dst=B,**k)
P=[]
for t,c in [(3,c) for c in range(0,17)]+[(5,c) for c in range(0,5)]+[(11,c) for c in (0,1,2)]+[(12,c) for c in (0,1)]:
    for inner in (IP(src=B,dst=A)/UDP(sport=1,dport=7)/X8, IP(src=B,dst=A)/TCP(sport=1,dport=7), IP(src=B,dst=A,proto=99)/b"12345678"):
        P.append(E/ip()/ICMP(type=t,code=c,gw="9.9.9.9" if t==5 else "0.0.0.0", nexthopmtu=1400 if (t,c)==(3,4) else 0)/inner)
P.append(E/ip()/ICMP(type=12,code=0,ptr=4)/IP(src=B,dst=A))
for t in (0,4,8,9,10,13,14,15,16,17,18,30,42,43,40): P.append(E/ip()/ICMP(type=t,code=0)/b"abcdefghijkl")
for t in (0,4,8,9,10,13,14,15,16,17,18,30): P.append(E/ip()/ICMP(type=t,code=3)/b"abcdefghijkl")
P.append(E/ip(proto=99)/b"hello")
P.append(E/ip(proto=17,flags="MF")/UDP(sport=5,dport=6)/X8)
P.append(E/ip(proto=17,frag=1)/X8)
P.append(E/ip(proto=17,frag=1,flags="MF")/X8)
P.append(E/ip(proto=4)/IP(src=B,dst=A)/ICMP())
P.append(E/ip(proto=41)/IPv6(src="::1",dst="::2")/ICMPv6EchoRequest())
S6="2001:db8::1";D6="2001:db8::2"
def ip6(**k): return IPv6(src=S6,dst=D6,**k)
P.append(E/ip6(nh=59)/b"zz")
P.append(E/ip6(nh=99)/b"zz")
P.append(E/ip6()/IPv6ExtHdrFragment(offset=0,m=1,nh=17)/UDP(sport=5,dport=6)/X8)
P.append(E/ip6()/IPv6ExtHdrFragment(offset=100,m=1,nh=17)/X8)
P.append(E/ip6()/IPv6ExtHdrFragment(offset=100,m=0,nh=17)/X8)
P.append(E/ip6()/IPv6ExtHdrDestOpt()/UDP(sport=5,dport=6)/X8)
P.append(E/ip6()/IPv6ExtHdrHopByHop(options=RouterAlert())/UDP(sport=5,dport=6)/X8)
P.append(E/ip6()/IPv6ExtHdrHopByHop()/IPv6ExtHdrDestOpt()/TCP(sport=5,dport=6,flags="S"))
P.append(E/ip6()/IPv6ExtHdrRouting(addresses=["::5"])/UDP(sport=5,dport=6)/X8)
P.append(E/ip6()/IPv6ExtHdrSegmentRouting(addresses=["::5","::6"])/UDP(sport=5,dport=6)/X8)
inn=IPv6(src=D6,dst=S6)/UDP(sport=1,dport=7)/X8
for t,cs in ((1,range(0,9)),(2,(0,)),(3,(0,1,2)),(4,(0,1,2,3))):
    for c in cs:
        for i in (inn, IPv6(src=D6,dst=S6)/TCP(sport=1,dport=7), IPv6(src=D6,dst=S6,nh=99)/b"abcdefgh", IPv6(src=D6,dst=S6)/IPv6ExtHdrDestOpt()/UDP(sport=1,dport=7)):
            cl={1:ICMPv6DestUnreach,2:ICMPv6PacketTooBig,3:ICMPv6TimeExceeded,4:ICMPv6ParamProblem}[t]
            P.append(E/ip6()/cl(code=c)/i)
P+= [E/ip6()/x for x in (ICMPv6EchoRequest(id=5,seq=6,data=b"abc"),ICMPv6EchoReply(id=5,seq=6),ICMPv6ND_RS(),ICMPv6ND_RA(),ICMPv6ND_NS(tgt="::9"),ICMPv6ND_NA(tgt="::9"),ICMPv6ND_Redirect(tgt="::9",dst="::8"),ICMPv6MLQuery(mladdr="ff02::5"),ICMPv6MLQuery(),ICMPv6MLReport(mladdr="ff02::5"),ICMPv6MLDone(mladdr="ff02::5"),ICMPv6MLQuery2(mladdr="ff02::5"),ICMPv6MLQuery2(),ICMPv6MLReport2(),ICMPv6NIQueryNOOP(),ICMPv6HAADRequest(),ICMPv6HAADReply(), ICMPv6MPSol(), ICMPv6MPAdv(), ICMPv6Unknown(type=200)/b"aaaaa",ICMPv6Unknown(type=100)/b"aaaaa")]
def T(**k): return E/ip()/TCP(sport=1,dport=2,**k)
for opts in ([('MSS',1460),('SAckOK',b''),('Timestamp',(1,2)),('NOP',None),('WScale',7)],[('SAck',(1,2,3,4))],[('UTO',0x8005)],[(34,b'')],[(34,b'abcdefgh')],[(254,b'\xf9\x89')],[(254,b'\xf9\x89abcd')],[(254,b'\x12\x34abcd')],[(253,b'\x12\x34abcd')],[(19,(b'a'*16))],[(29,b'\1\2'+b'a'*12)],[(14,b'\1')],[(15,b'a')],[(8,b'abc')],[(2,b'a')],[(3,b'')],[(5,b'abcdef')],[(99,b'abc')],[(6,b'abcd')],[(7,b'abcd')],[(11,b'abcd')],[(12,b'abcd')],[(13,b'abcd')],[(20,b'ab')],[(30,b'\0\x81abcdefgh')]):
    P.append(T(flags="S",options=opts))
for f in ("","F","S","R","P","A","U","E","C","N","FSRPAUECN","FA","PA","RA"): P.append(T(flags=f,seq=100,ack=50,urgptr=7)/b"abc")
for f in ("","F","S","R","P","A","U","E","C","N","FSRPAUECN","FA","PA","RA"): P.append(T(flags=f,seq=100,ack=50,urgptr=7))
for n in range(14,60,2): P.append(Raw(bytes(E/ip()/TCP(sport=3,dport=4,flags="S",options=[('MSS',1460),('NOP',None)]))[:n]))
for n in range(14,60,4): P.append(Raw(bytes(E/ip6()/TCP(sport=3,dport=4,flags="S",options=[('MSS',1460),('NOP',None)]))[:n]))
for n in range(14,44,2): P.append(Raw(bytes(E/ip()/UDP(sport=3,dport=4)/b"abcde")[:n]))
for n in range(34,70,2): P.append(Raw(bytes(E/ip()/ICMP(type=3,code=3)/IP(src=B,dst=A)/UDP(sport=1,dport=7))[:n]))
for l in (0,5,8,9,12,13,14,30): P.append(E/ip()/UDP(sport=3,dport=4,len=l)/b"abcde")
for l in (0,5,19,20,21,24,27,28,33,34,100): P.append(E/ip(len=l)/UDP(sport=3,dport=4)/b"abcde")
for l in (0,5,12,13,100): P.append(E/ip6(plen=l)/UDP(sport=3,dport=4)/b"abcde")
for i in (0,2,4,5,6,15): P.append(E/ip(ihl=i)/UDP(sport=3,dport=4)/b"abcde")
for v in (0,6,15): P.append(E/ip(version=v)/UDP(sport=3,dport=4)/b"abcde")
for v in (0,4,15): P.append(E/ip6(version=v)/UDP(sport=3,dport=4)/b"abcde")
for d in (0,1,4,5,6,15): P.append(E/ip()/TCP(sport=3,dport=4,dataofs=d)/b"abcde")
for op in range(0,28): P.append(E/ARP(op=op,psrc=A,pdst=B,hwdst="00:00:00:00:00:00"))
for op in (1,2,3,4,8,9): P.append(E/ARP(op=op,psrc=A,pdst=B,hwdst="02:03:04:05:06:07"))
P.append(E/ARP(op=1,psrc="0.0.0.0",pdst=B)); P.append(E/ARP(op=1,hwtype=6,psrc=A,pdst=B));P.append(E/ARP(op=1,hwtype=24,psrc=A,pdst=B));P.append(E/ARP(op=1,hwtype=15,psrc=A,pdst=B))
P.append(E/ARP(op=1,hwtype=77,psrc=A,pdst=B));P.append(E/ARP(op=1,ptype=0x86dd,plen=16,pdst="::1",psrc="::2"))
for n in range(14,42,3): P.append(Raw(bytes(E/ARP(op=1,psrc=A,pdst=B))[:n]))
for q in (E/Dot1Q(vlan=5)/ip()/UDP(sport=3,dport=4)/b"a",E/Dot1AD(vlan=5,prio=3)/Dot1Q(vlan=7,id=1)/ip()/UDP(sport=3,dport=4)/b"a",E/Dot1Q(vlan=5)/ARP(), E/Dot1Q(vlan=5)/LLC()/b"abc",E/Dot1Q(vlan=5,type=0x1234)/b"abc"): P.append(q)
for n in range(12,20): P.append(Raw(bytes(E/Dot1Q(vlan=5)/ip())[:n]))
P.append(Ether(type=0x1234)/b"hello"); P.append(Dot3(len=10)/LLC(dsap=0xaa,ssap=0xaa,ctrl=3)/SNAP(OUI=0,code=0x800)/ip()/UDP(sport=3,dport=4)/b"a");P.append(Dot3()/LLC(dsap=0x42,ssap=0x42,ctrl=3)/STP()); P.append(Dot3()/LLC(dsap=0xe0,ssap=0x42,ctrl=3)/b"abcdef");P.append(Dot3()/(b"\xff\xff"+b"abcdef"))
P.append(E/b""); P.append(Raw(b"a")); P.append(Ether(type=0x8864)/b"\x11\0\0\1\0\x16\0\x21"/ip()/b"aa")
P.append(Ether(type=0x8847)/b"\0\1\1\x40"/ip()/b"aa"); P.append(Ether(type=0x6558)/b"aa");P.append(Ether(type=0x9000)/b"\0\0\1\0")
q=lambda **k: DNSQR(**k)
def d(**k): return DNS(**k)
UD=lambda x,p=53,s=5: E/ip()/UDP(sport=s,dport=p)/x
for dn in (d(rd=1,qd=q(qname="a.b.c")),d(rd=1,ad=1,cd=1,qd=q(qname="a.b.c",qtype=28,qclass=3)),d(qr=1,aa=1,ra=1,tc=1,ad=1,rcode=3,qd=q(qname="a.b")),d(qr=1,opcode=5,qd=q(qname="a.b"),an=DNSRR(rrname="a.b",type=1,rdata="1.2.3.4")),
 d(opcode=5,qd=q(qname="a.b",qtype=6),ns=DNSRR(rrname="a.b",type=1,rdata="1.2.3.4")),d(opcode=1),d(opcode=2),d(opcode=4),d(opcode=15),d(rd=1,qd=q(qname="a.b.c")/q(qname="x.y",qtype=15)),d(rd=1,qd=q(qname="."),ar=DNSRROPT(rclass=4096,z=0x8000)),
 d(qr=1,qd=q(qname="."),an=DNSRR(rrname="a",type=41,rclass=4096),ar=DNSRROPT()),
 ):
    P.append(UD(dn)); P.append(UD(dn,5353,5353)); P.append(UD(dn,5,53)); P.append(E/ip()/TCP(sport=9,dport=53,flags="PA")/(struct.pack("!H",len(bytes(dn)))+bytes(dn)))
for ty,rd in ((1,b"\1\2\3\4"),(2,b"\1x\0"),(3,b"\1x\0"),(4,b"\1x\0"),(5,b"\1x\xc0\x0c"),(6,b"\1x\0\1y\0"+bytes(range(20))),(10,b"xx"),(11,b"\1\2\3\4\6aa"),(12,b"\1x\0"),(13,b"\1a\1b"),(15,b"\0\5\1x\0"),(16,b"\3abc\2de"),(16,b"\3a\"\\\2\xe4\n"),(17,b"\1x\0\1y\0"),(18,b"\0\1\1x\0"),(22,b"abcd"),(24,b"abcdefgh"),(25,b"abcd"),(28,bytes(range(16))),(29,b"a"*16),(33,b"\0\1\0\2\0\3\1x\0"),(35,b"\0\1\0\2\1a\1b\1c\0"),(36,b"a"),(37,b"aaa"),(38,b"\x20"+bytes(range(12))),(38,b"\x00"+bytes(range(16))),(38,b"\x20"+bytes(range(12))+b"\1x\0"),(39,b"\1x\0"),(41,b""),(41,b"\0\3\0\2ab"),(43,b"abcd"),(44,b"ab"),(46,b"ab"),(47,b"ab"),(48,b"ab"),(50,b"a"),(52,b"a"),(64,b"a"),(65,b"a"),(99,b"\3abc"),(249,b"a"),(250,b"\3hma\0"+bytes(16)),(255,b""),(256,b"\0\1\0\2http"),(257,b"\0\5issueabc"),(65535,b"x"),(103,b"aa"),(61,b"a")):
    for cl in (1,3,0x8001,77):
        raw=struct.pack("!HHHHHH",77,0x8580,1,1,0,0)+b"\1a\1b\0\0\1\0\1"+b"\xc0\x0c"+struct.pack("!HHIH",ty,cl,300,len(rd))+rd
        P.append(UD(raw,5,53)); 
        if cl==0x8001: P.append(UD(raw,5353,5353))
full=struct.pack("!HHHHHH",77,0x8580,1,3,0,0)+b"\1a\1b\0\0\1\0\1"+b"\xc0\x0c"+struct.pack("!HHIH",5,1,300,4)+b"\1x\xc0\x0c"+b"\xc0\x0c"+struct.pack("!HHIH",16,1,300,4)+b"\3abc"+b"\xc0\x0c"+struct.pack("!HHIH",1,1,300,4)+b"\1\2\3\4"
for n in range(0,len(full)+1): P.append(UD(full[:n],5,53))
for n in range(0,len(full)+1,3): P.append(Raw(bytes(UD(full,5,53))[:42+n]))
qq=struct.pack("!HHHHHH",77,0x100,1,0,0,1)+b"\1a\1b\0\0\1\0\1"
for n in range(0,len(qq)+1): P.append(UD(qq[:n]))
for nm in (b"\xc0\x0c",b"\xc0\x00",b"\xc0\xff",b"\x41abc",b"\x80a",b"\x41\x05ab",b"\3a.b\0",b"\3\0\x7f\xff\0"+b"",b"\x3f"+b"a"*10): P.append(UD(struct.pack("!HHHHHH",77,0x100,1,0,0,0)+nm+b"\0\1\0\1"))
with open(sys.argv[1], "wb") as f:
    f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for n, p in enumerate(map(bytes, P)):
        f.write(struct.pack("<IIII", 1000000000 + n, n * 7, len(p), len(p)) + p)
